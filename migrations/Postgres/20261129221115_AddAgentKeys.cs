using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ops.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class AddAgentKeys : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "CertificateEndsAt",
                table: "AgentTokens",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "ExpiresAt",
                table: "AgentTokens",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "JoinedAt",
                table: "AgentTokens",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "KeyHash",
                table: "AgentTokens",
                type: "bytea",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "PreviousKeyHash",
                table: "AgentTokens",
                type: "bytea",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "RotationAskedAt",
                table: "AgentTokens",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "AgentAuthorities",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false),
                    Certificate = table.Column<byte[]>(type: "bytea", nullable: false),
                    LockedKey = table.Column<string>(type: "text", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
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
