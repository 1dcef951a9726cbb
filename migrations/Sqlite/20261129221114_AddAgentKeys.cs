using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ops.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class AddAgentKeys : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "CertificateEndsAt",
                table: "AgentTokens",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "ExpiresAt",
                table: "AgentTokens",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "JoinedAt",
                table: "AgentTokens",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "KeyHash",
                table: "AgentTokens",
                type: "BLOB",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "PreviousKeyHash",
                table: "AgentTokens",
                type: "BLOB",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "RotationAskedAt",
                table: "AgentTokens",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "AgentAuthorities",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false),
                    Certificate = table.Column<byte[]>(type: "BLOB", nullable: false),
                    LockedKey = table.Column<string>(type: "TEXT", nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AgentAuthorities", x => x.Id);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "AgentAuthorities");

            migrationBuilder.DropColumn(
                name: "CertificateEndsAt",
                table: "AgentTokens");

            migrationBuilder.DropColumn(
                name: "ExpiresAt",
                table: "AgentTokens");

            migrationBuilder.DropColumn(
                name: "JoinedAt",
                table: "AgentTokens");

            migrationBuilder.DropColumn(
                name: "KeyHash",
                table: "AgentTokens");

            migrationBuilder.DropColumn(
                name: "PreviousKeyHash",
                table: "AgentTokens");

            migrationBuilder.DropColumn(
                name: "RotationAskedAt",
                table: "AgentTokens");
        }
    }
}
