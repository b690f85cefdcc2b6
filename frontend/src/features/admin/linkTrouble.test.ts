import { expect, it } from "vitest";
import { readTrouble } from "./linkTrouble";

it("knows why there is no connection", () => {
  expect(readTrouble("no connection to 127.0.0.1:2999: Connection refused")).toEqual({ key: "refused", where: "127.0.0.1:2999" });
  expect(readTrouble("no connection to smsc.example:2775 in 5 s")).toEqual({ key: "silent", where: "smsc.example:2775" });
  expect(readTrouble("no connection to smsc.exmple:2775: Name or service not known").key).toBe("noName");
  expect(readTrouble("no connection to 10.0.0.9:2775: No route to host").key).toBe("unreachable");
});

it("knows the operator's answers to a bind by their code", () => {
  expect(readTrouble("bind refused: Invalid Password (0x0000000E)").key).toBe("password");
  expect(readTrouble("bind refused: Invalid System ID (0x0000000F)").key).toBe("systemId");
  expect(readTrouble("bind refused: Bind Failed (0x0000000d)").key).toBe("account");
});

it("knows a link that no gateway tends", () => {
  expect(readTrouble("no gateway reports on this link").key).toBe("noGateway");
});

it("shows as it is what it does not know", () => {
  const odd = "bind refused: operator's own code (0x00000455)";
  expect(readTrouble(odd)).toEqual({ key: "other", detail: odd });
});
