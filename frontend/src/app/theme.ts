import type { Theme } from "@/api/types";

const STORED = "palabre.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
let wanted: Theme = "system";

function paint(): void {
  const name = wanted === "system" ? (dark.matches ? "dark" : "light") : wanted;
  document.documentElement.dataset.theme = name;
}

export function firstTheme(): Theme {
  const stored = localStorage.getItem(STORED);
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function setTheme(theme: Theme): void {
  wanted = theme;
  localStorage.setItem(STORED, theme);
  paint();
}

dark.addEventListener("change", paint);
