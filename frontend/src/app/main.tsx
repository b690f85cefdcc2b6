import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@/ui/theme.css";
import { firstLanguage, startI18n } from "./i18n";
import { makeClient, Providers } from "./providers";
import { App } from "./routes";
import { keepShell } from "./shell";
import { firstTheme, setTheme } from "./theme";

async function start(): Promise<void> {
  setTheme(firstTheme());
  startI18n(firstLanguage());
  if (import.meta.env.MODE === "fake") (await import("@/testing/startFake")).startFake();
  keepShell();
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <Providers client={makeClient()}>
        <App />
      </Providers>
    </StrictMode>,
  );
}

void start();
