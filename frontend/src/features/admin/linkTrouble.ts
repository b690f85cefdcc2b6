/**
 * What the gateway says about a link that is not connected, for people. The gateway writes one English sentence for
 * its logs (`channels_sms/smpp/connection.py`); here the known beginnings and SMPP codes get words in both languages.
 * A sentence that is not known is shown as it is: it is still better than nothing.
 */
export type Trouble =
  | { key: "refused" | "unreachable" | "silent" | "noName"; where: string }
  | { key: "password" | "systemId" | "account" | "alreadyBound" | "systemType" | "busy" | "bindSilent" | "database" | "noGateway" | "settings"; detail: string }
  | { key: "other"; detail: string };

/** Answers to a bind, by command_status (SMPP 3.4, table 5-2). */
const BINDS: Record<string, "password" | "systemId" | "account" | "alreadyBound" | "systemType" | "busy"> = {
  "0x00000005": "alreadyBound",
  "0x00000008": "busy",
  "0x0000000D": "account",
  "0x0000000E": "password",
  "0x0000000F": "systemId",
  "0x00000014": "busy",
  "0x00000053": "systemType",
  "0x00000058": "busy",
};

export function readTrouble(error: string): Trouble {
  const connection = /^no connection to (\S+?)(?:: (.*)| in .*)$/.exec(error);
  if (connection) {
    const [, where = "", why] = connection;
    if (why === undefined) return { key: "silent", where };
    if (/refused/i.test(why)) return { key: "refused", where };
    return { key: /name|resol|address associated/i.test(why) ? "noName" : "unreachable", where };
  }
  const code = /^bind refused: .*\((0x[0-9A-F]{8})\)$/i.exec(error)?.[1];
  if (code) {
    const key = BINDS[`0x${code.slice(2).toUpperCase()}`];
    if (key) return { key, detail: code };
  }
  if (error.startsWith("bind not answered")) return { key: "bindSilent", detail: "" };
  if (error.startsWith("not bound while texts cannot be stored")) return { key: "database", detail: "" };
  if (error.startsWith("no gateway reports")) return { key: "noGateway", detail: "" };
  if (error.startsWith("settings: ")) return { key: "settings", detail: error.slice("settings: ".length) };
  return { key: "other", detail: error };
}
