import { fireEvent, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { Dialog } from "./Dialog";

const shown = (onlyByButton: boolean) => {
  const onClose = vi.fn();
  render(
    <Dialog title="Jeton" closeLabel="Fermer" onlyByButton={onlyByButton} onClose={onClose}>
      <p>palabre_x</p>
    </Dialog>,
  );
  const dialog = screen.getByRole("dialog");
  fireEvent(dialog, new Event("cancel", { cancelable: true }));
  fireEvent.click(dialog);
  return onClose;
};

it("closes by Escape and by a click beside it", () => {
  expect(shown(false)).toHaveBeenCalledTimes(2);
});

it("stays where only its buttons close it", () => {
  const onClose = shown(true);
  expect(onClose).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole("button", { name: "Fermer" }));
  expect(onClose).toHaveBeenCalledOnce();
});
