// A button on each box of commands. What it copies is what stands there: no box has prompts or answers in it.
for (const box of document.querySelectorAll(".highlight-bash, .highlight-sh")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(box.querySelector("pre").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  box.append(button);
}

// What scrolls can be scrolled by keys as well.
for (const table of document.querySelectorAll(".table-wrapper")) table.tabIndex = 0;

// What the theme leaves unsaid to those who hear the page: which landmark is which, and what level its captions are of.
document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
for (const caption of document.querySelectorAll("p.caption[role=heading]")) caption.ariaLevel = "2";
