using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Ops.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class AddFleet : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Console",
                table: "Operations",
                type: "character varying(100)",
                maxLength: 100,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "OpenKey",
                table: "Operations",
                type: "character varying(64)",
                maxLength: 64,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Rows",
                table: "ApprovalVotes",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "ApprovalLooks",
                columns: table => new
                {
                    RequestId = table.Column<Guid>(type: "uuid", nullable: false),
                    UserId = table.Column<string>(type: "text", nullable: false),
                    At = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Rows = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ApprovalLooks", x => new { x.RequestId, x.UserId });
                    table.ForeignKey(
                        name: "FK_ApprovalLooks_ApprovalRequests_RequestId",
                        column: x => x.RequestId,
                        principalTable: "ApprovalRequests",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "DataProtectionKeys",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    FriendlyName = table.Column<string>(type: "text", nullable: true),
                    Xml = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DataProtectionKeys", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Operations_OpenKey",
                table: "Operations",
                column: "OpenKey",
                unique: true);

            migrationBuilder.Sql(OrleansMembership.Up);
            migrationBuilder.Sql("CREATE SEQUENCE host_attachments AS bigint;");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP SEQUENCE host_attachments;");
            migrationBuilder.Sql(OrleansMembership.Down);

            migrationBuilder.DropTable(
                name: "ApprovalLooks");

            migrationBuilder.DropTable(
                name: "DataProtectionKeys");

            migrationBuilder.DropIndex(
                name: "IX_Operations_OpenKey",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "Console",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "OpenKey",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "Rows",
                table: "ApprovalVotes");
        }
    }
}
