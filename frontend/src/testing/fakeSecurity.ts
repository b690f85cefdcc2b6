/** The lock of the fake server: a locked session is told nothing, as the real one is. */
import { ok, type Answer } from "./fakeServer";

export const PASSWORD = "un baobab au bord du fleuve";

export class FakeSecurity {
  idleS = 900;
  locked = false;

  route(path: string, body: Record<string, unknown>, name: string): Answer | null {
    if (path === "/api/session/proofs") return ok({ name, ways: ["password"], is_locked: this.locked, one_click: null });
    if (path === "/api/session/prove") {
      if (body.password !== PASSWORD) return { status: 422, body: { error: { code: "wrong_password", message: "no", fields: { password: "Ce n’est pas votre mot de passe." } } } };
      this.locked = false;
      return { status: 204, body: undefined };
    }
    if (this.locked) return { status: 423, body: { error: { code: "locked", message: "locked" } } };
    if (path === "/api/session/active") return ok({ idle_s: this.idleS });
    if (path !== "/api/session/lock") return null;
    this.locked = true;
    return { status: 204, body: undefined };
  }
}
