using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ops.Data.Migrations.Sqlite
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
                    OperationId = table.Column<Guid>(type: "TEXT", nullable: false),
                    QuarantinePath = table.Column<string>(type: "TEXT", nullable: true),
                    StaleContent = table.Column<byte[]>(type: "BLOB", nullable: true),
                    StaleStat = table.Column<string>(type: "TEXT", nullable: true),
                    Steps = table.Column<string>(type: "TEXT", nullable: true),
                    SettledWith = table.Column<string>(type: "TEXT", nullable: true),
                    Settle = table.Column<string>(type: "TEXT", nullable: true),
                    Rescued = table.Column<string>(type: "TEXT", nullable: true),
                    AgentHead = table.Column<string>(type: "TEXT", nullable: true)
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

            // In place: the scaffolded DropColumn rebuilds the table with foreign keys off and outside of the transaction.
            migrationBuilder.Sql("""ALTER TABLE "Operations" DROP COLUMN "QuarantinePath";""");
            migrationBuilder.Sql("""ALTER TABLE "Operations" DROP COLUMN "StaleContent";""");
            migrationBuilder.Sql("""ALTER TABLE "Operations" DROP COLUMN "StaleStat";""");
            migrationBuilder.Sql("""ALTER TABLE "Operations" DROP COLUMN "Steps";""");
            migrationBuilder.Sql("""ALTER TABLE "Operations" DROP COLUMN "SettledWith";""");
            migrationBuilder.Sql("""ALTER TABLE "Operations" DROP COLUMN "Settle";""");
            migrationBuilder.Sql("""ALTER TABLE "Operations" DROP COLUMN "Rescued";""");
            migrationBuilder.Sql("""ALTER TABLE "Operations" DROP COLUMN "AgentHead";""");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "AgentHead",
                table: "Operations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "QuarantinePath",
                table: "Operations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Rescued",
                table: "Operations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Settle",
                table: "Operations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "SettledWith",
                table: "Operations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "StaleContent",
                table: "Operations",
                type: "BLOB",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "StaleStat",
                table: "Operations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Steps",
                table: "Operations",
                type: "TEXT",
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
