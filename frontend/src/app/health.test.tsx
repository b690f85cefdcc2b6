import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

it("says how the installation is, and what to do about each check that is not well", async () => {
  openPalabre("/admin/health", { signedInAs: SAM });
  expect(await screen.findByTestId("verdict")).toHaveTextContent("Something needs you now");
  const away = screen.getByRole("row", { name: /Link Opérateur B/ });
  expect(away).toHaveTextContent("Texts to and from this operator wait");
  expect(within(away).getByText(/3.min/)).toBeVisible();
  const well = screen.getByRole("row", { name: /Link Opérateur A/ });
  expect(well).not.toHaveTextContent("wait");
  expect(screen.getByRole("row", { name: /Doorbells/ })).toHaveTextContent("not measured");
  expect(screen.getByRole("row", { name: /Oldest message ready/ })).toHaveTextContent("7 waiting");
  expect(screen.getByRole("row", { name: /Months prepared/ })).toHaveTextContent("3 months");
});
