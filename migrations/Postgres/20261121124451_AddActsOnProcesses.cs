using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ops.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class AddActsOnProcesses : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Approvers",
                table: "Operations",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "BreakGlass",
                table: "Operations",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Descriptor",
                table: "Operations",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Process",
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
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Approvers",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "BreakGlass",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "Descriptor",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "Process",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "Rescued",
                table: "Operations");

            migrationBuilder.DropColumn(
                name: "Settle",
                table: "Operations");
        }
    }
}
