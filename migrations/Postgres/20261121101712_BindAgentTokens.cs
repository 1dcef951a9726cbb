using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ops.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class BindAgentTokens : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "HostId",
                table: "AgentTokens",
                type: "text",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_AgentTokens_HostId",
                table: "AgentTokens",
                column: "HostId",
                unique: true,
                filter: "\"RevokedAt\" IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_AgentTokens_HostId",
                table: "AgentTokens");

            migrationBuilder.DropColumn(
                name: "HostId",
                table: "AgentTokens");
        }
    }
}
