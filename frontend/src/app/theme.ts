import type { Theme } from "@/api/types";

const STORED = "palabre.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const more = window.matchMedia("(prefers-contrast: more)");
let wanted: Theme = "system";

function paint(): void {
  const root = document.documentElement.dataset;
  root.theme = wanted === "system" || wanted === "contrast" ? (dark.matches ? "dark" : "light") : wanted;
  root.contrast = wanted === "contrast" || more.matches ? "more" : "";
}

export function firstTheme(): Theme {
  const stored = localStorage.getItem(STORED);
  return stored === "light" || stored === "dark" || stored === "contrast" ? stored : "system";
}

export function setTheme(theme: Theme): void {
  wanted = theme;
  localStorage.setItem(STORED, theme);
  paint();
}

dark.addEventListener("change", paint);
more.addEventListener("change", paint);
