using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ops.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class AddOperationEvidence : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "OperationEvidence",
                columns: table => new
                {
                    OperationId = table.Column<Guid>(type: "uuid", nullable: false),
                    QuarantinePath = table.Column<string>(type: "text", nullable: true),
                    StaleContent = table.Column<byte[]>(type: "bytea", nullable: true),
                    StaleStat = table.Column<string>(type: "text", nullable: true),
                    Steps = table.Column<string>(type: "text", nullable: true),
                    SettledWith = table.Column<string>(type: "text", nullable: true),
                    Settle = table.Column<string>(type: "text", nullable: true),
                    Rescued = table.Column<string>(type: "text", nullable: true),
                    AgentHead = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_OperationEvidence", x => x.OperationId);
                    table.ForeignKey(
                        name: "FK_OperationEvidence_Operations_OperationId",
                        column: x => x.OperationId,
                        principalTable: "Operations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            // Copied before the columns go. An operation that no agent has answered gets no row.
            migrationBuilder.Sql("""
                INSERT INTO "OperationEvidence" ("OperationId", "QuarantinePath", "StaleContent", "StaleStat", "Steps", "SettledWith", "Settle", "Rescued", "AgentHead")
                SELECT "Id", "QuarantinePath", "StaleContent", "StaleStat", "Steps", "SettledWith", "Settle", "Rescued", "AgentHead"
                FROM "Operations"
                WHERE "QuarantinePath" IS NOT NULL OR "StaleContent" IS NOT NULL OR "StaleStat" IS NOT NULL OR "Steps" IS NOT NULL
                   OR "SettledWith" IS NOT NULL OR "Settle" IS NOT NULL OR "Rescued" IS NOT NULL OR "AgentHead" IS NOT NULL;
                """);

            migrationBuilder.DropColumn(
                name: "AgentHead",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "QuarantinePath",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "Rescued",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "Settle",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "SettledWith",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "StaleContent",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "StaleStat",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "Steps",
                table: "Operations");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "AgentHead",
                table: "Operations",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "QuarantinePath",
                table: "Operations",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Rescued",
                table: "Operations",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Settle",
                table: "Operations",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "SettledWith",
                table: "Operations",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "StaleContent",
                table: "Operations",
                type: "bytea",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "StaleStat",
                table: "Operations",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Steps",
                table: "Operations",
                type: "text",
                nullable: true);

            migrationBuilder.Sql("""
                UPDATE "Operations"
                SET "QuarantinePath" = (SELECT e."QuarantinePath" FROM "OperationEvidence" e WHERE e."OperationId" = "Operations"."Id"),
                    "StaleContent" = (SELECT e."StaleContent" FROM "OperationEvidence" e WHERE e."OperationId" = "Operations"."Id"),
                    "StaleStat" = (SELECT e."StaleStat" FROM "OperationEvidence" e WHERE e."OperationId" = "Operations"."Id"),
                    "Steps" = (SELECT e."Steps" FROM "OperationEvidence" e WHERE e."OperationId" = "Operations"."Id"),
                    "SettledWith" = (SELECT e."SettledWith" FROM "OperationEvidence" e WHERE e."OperationId" = "Operations"."Id"),
                    "Settle" = (SELECT e."Settle" FROM "OperationEvidence" e WHERE e."OperationId" = "Operations"."Id"),
                    "Rescued" = (SELECT e."Rescued" FROM "OperationEvidence" e WHERE e."OperationId" = "Operations"."Id"),
                    "AgentHead" = (SELECT e."AgentHead" FROM "OperationEvidence" e WHERE e."OperationId" = "Operations"."Id");
                """);

            migrationBuilder.DropTable(
                name: "OperationEvidence");
        }
    }
}
