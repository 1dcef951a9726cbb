using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ops.Data.Migrations.Sqlite
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
                type: "TEXT",
                maxLength: 100,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "OpenKey",
                table: "Operations",
                type: "TEXT",
                maxLength: 64,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Rows",
                table: "ApprovalVotes",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "ApprovalLooks",
                columns: table => new
                {
                    RequestId = table.Column<Guid>(type: "TEXT", nullable: false),
                    UserId = table.Column<string>(type: "TEXT", nullable: false),
                    At = table.Column<long>(type: "INTEGER", nullable: false),
                    Rows = table.Column<string>(type: "TEXT", nullable: false)
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

            migrationBuilder.CreateIndex(
                name: "IX_Operations_OpenKey",
                table: "Operations",
                column: "OpenKey",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ApprovalLooks");

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
