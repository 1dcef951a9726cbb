# The console for this host. The agent inside sees what the container sees: give it the host's pid namespace and its mail store
# (docs/install.md), or run `ops agent` on the mail hosts and only the console here.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig appsettings.json ./
COPY build build
COPY src src
COPY migrations migrations
COPY wwwroot wwwroot
RUN dotnet publish src/Ops.Web -c Release -o /out

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# Made before VOLUME, else SQLite cannot create its file there.
RUN mkdir /data && chown 1654:1654 /data && chmod 700 /data
WORKDIR /app
COPY --from=build /out .
USER 1654
# The address inside the container; publish it as you like, behind TLS.
ENV Ops__DataDirectory=/data Ops__StateDirectory=/data/agent ASPNETCORE_HTTP_PORTS= ASPNETCORE_URLS=http://0.0.0.0:5180
VOLUME /data
EXPOSE 5180
ENTRYPOINT ["dotnet", "Ops.Web.dll"]
