/** Drafts of attachments on the fake server: pieces in order, and the first octets say what it is. */
import type { Line } from "@/api/types";
import { ok, refuse, type Answer } from "./fakeServer";

const CARRIED = { attachments: true, media: ["image/gif"], most_media: 2, largest_media: 5_000_000 };

interface Draft {
  id: string;
  octets: number;
  there: number;
  content: string;
}

export class FakeAttachments {
  readonly drafts = new Map<string, Draft>();
  readonly pieces: number[] = [];
  /** Whether the lines carry them. */
  carried = false;

  lines(lines: Line[]): Line[] {
    return this.carried ? lines.map((line) => ({ ...line, capabilities: { ...line.capabilities, ...CARRIED } })) : lines;
  }

  route(method: string, path: string, body: Record<string, unknown>): Answer {
    const found = /^\/api\/conversations\/[^/]+\/attachments(?:\/([^/]+))?$/.exec(path);
    if (!found) return refuse(404, "not_found");
    if (method === "POST") {
      const draft = { id: `draft-${this.drafts.size + 1}`, octets: Number(body.octets), there: 0, content: "" };
      this.drafts.set(draft.id, draft);
      return { status: 201, body: draft };
    }
    const draft = this.drafts.get(found[1] ?? "");
    if (!draft) return refuse(404, "no_attachment");
    if (method === "DELETE") {
      this.drafts.delete(draft.id);
      return { status: 204, body: undefined };
    }
    const octets = atob(String(body.content));
    this.pieces.push(Number(body.at));
    draft.content += octets;
    draft.there = Number(body.at) + octets.length;
    if (draft.there === draft.octets && !draft.content.startsWith("GIF8")) {
      this.drafts.delete(draft.id);
      return { status: 422, body: { error: { code: "attachment_kind", message: "This kind of file cannot be sent on this line." } } };
    }
    return ok(draft);
  }
}
