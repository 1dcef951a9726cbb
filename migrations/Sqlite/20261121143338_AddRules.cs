using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

#pragma warning disable CA1814 // Prefer jagged arrays over multidimensional

namespace Ops.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class AddRules : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "HostGroups",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", nullable: false),
                    ActsPerMinute = table.Column<int>(type: "INTEGER", nullable: false),
                    BulkAbove = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_HostGroups", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ActRights",
                columns: table => new
                {
                    GroupId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Action = table.Column<string>(type: "TEXT", nullable: false),
                    Subject = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ActRights", x => new { x.GroupId, x.Action, x.Subject });
                    table.ForeignKey(
                        name: "FK_ActRights_HostGroups_GroupId",
                        column: x => x.GroupId,
                        principalTable: "HostGroups",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "ApprovalRules",
                columns: table => new
                {
                    GroupId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Action = table.Column<string>(type: "TEXT", nullable: false),
                    Others = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ApprovalRules", x => new { x.GroupId, x.Action });
                    table.ForeignKey(
                        name: "FK_ApprovalRules_HostGroups_GroupId",
                        column: x => x.GroupId,
                        principalTable: "HostGroups",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "HostGroupMembers",
                columns: table => new
                {
                    HostId = table.Column<string>(type: "TEXT", nullable: false),
                    GroupId = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_HostGroupMembers", x => x.HostId);
                    table.ForeignKey(
                        name: "FK_HostGroupMembers_HostGroups_GroupId",
                        column: x => x.GroupId,
                        principalTable: "HostGroups",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.InsertData(
                table: "HostGroups",
                columns: new[] { "Id", "ActsPerMinute", "BulkAbove", "Name" },
                values: new object[] { new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), 30, 10, "Default" });

            migrationBuilder.InsertData(
                table: "ActRights",
                columns: new[] { "Action", "GroupId", "Subject" },
                values: new object[,]
                {
                    { "ask", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Admin" },
                    { "ask", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Operator" },
                    { "break", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Admin" },
                    { "break", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Operator" },
                    { "kill", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Admin" },
                    { "purge", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Admin" },
                    { "remove", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Admin" },
                    { "remove", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Operator" },
                    { "rescue", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Admin" },
                    { "term", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Admin" },
                    { "undo", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Admin" },
                    { "undo", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), "role:Operator" }
                });

            migrationBuilder.InsertData(
                table: "ApprovalRules",
                columns: new[] { "Action", "GroupId", "Others" },
                values: new object[,]
                {
                    { "kill", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), 1 },
                    { "purge", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), 1 },
                    { "term", new Guid("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701"), 1 }
                });

            migrationBuilder.CreateIndex(
                name: "IX_HostGroupMembers_GroupId",
                table: "HostGroupMembers",
                column: "GroupId");

            migrationBuilder.CreateIndex(
                name: "IX_HostGroups_Name",
                table: "HostGroups",
                column: "Name",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ActRights");

            migrationBuilder.DropTable(
                name: "ApprovalRules");

            migrationBuilder.DropTable(
                name: "HostGroupMembers");

            migrationBuilder.DropTable(
                name: "HostGroups");
        }
    }
}
