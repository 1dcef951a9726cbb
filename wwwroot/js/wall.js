// Keeps a wallboard true for days: asks again, says so when nothing answers, and loads itself when a new build is served. Keeps nothing but the last answer.
"use strict";

(() => {
    const every = 2_000, deadline = 8_000, silentAfter = 8_000, reloadAtMostEvery = 60_000;
    const loaded = Date.now();
    const build = document.getElementById("wall").dataset.build;
    const silent = document.getElementById("wall-silent");
    let answered = Date.now();

    // The same as Ages.Format in C#.
    const two = n => String(n).padStart(2, "0");
    const format = milliseconds => {
        const s = Math.max(0, Math.floor(milliseconds / 1000));
        if (s < 60) return `${s} s`;
        if (s < 3600) return `${Math.floor(s / 60)} m ${two(s % 60)} s`;
        if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} m`;
        return `${Math.floor(s / 86400)} d ${two(Math.floor(s / 3600) % 24)} h`;
    };

    const show = page => {
        const next = page.getElementById("wall"), now = document.getElementById("wall");
        if (!next) return false;
        // Consoles of two builds may answer in turn while they are replaced: not at every answer.
        if (next.dataset.build !== build && Date.now() - loaded > reloadAtMostEvery) {
            location.reload();
            return true;
        }
        now.className = next.className;
        now.replaceChildren(...next.childNodes);
        document.title = page.title;
        const icon = document.querySelector("link[rel=icon]"), href = page.querySelector("link[rel=icon]").getAttribute("href");
        if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
        return true;
    };

    const look = async () => {
        try {
            const answer = await fetch(location.pathname + location.search, { cache: "no-store", signal: AbortSignal.timeout(deadline) });
            if (show(new DOMParser().parseFromString(await answer.text(), "text/html"))) answered = Date.now();
        } catch {
            // Not reached: the age of what is shown says so.
        }
        setTimeout(look, every);
    };
    setTimeout(look, every);

    setInterval(() => {
        const age = Date.now() - answered;
        const isSilent = age > silentAfter;
        document.documentElement.classList.toggle("silent", isSilent);
        silent.hidden = !isSilent;
        if (isSilent) silent.textContent = `The console has not answered for ${format(age)}. What is below was so then.`;
    }, 1_000);
})();
