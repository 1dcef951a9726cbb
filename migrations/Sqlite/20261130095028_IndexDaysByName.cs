using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ops.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class IndexDaysByName : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "IX_EpisodeTallies_DayByName",
                table: "EpisodeTallies",
                columns: new[] { "Dimension", "Name", "At", "HostId", "Episodes", "BlockedSeconds", "MostVictims" },
                filter: "\"Grain\" = 'd'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_EpisodeTallies_DayByName",
                table: "EpisodeTallies");
        }
    }
}
