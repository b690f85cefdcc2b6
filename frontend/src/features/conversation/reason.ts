import type { TFunction } from "i18next";
import type { DeliveryError } from "@/api/types";

/** Why a text did not arrive, in words: what the code means at this operator, else what the operator said. */
export function reasonOf(error: DeliveryError | null, language: string, t: TFunction<"conversation">): string {
  if (error === null) return t("noReason");
  const words = language === "fr" ? error.fr : error.en;
  if (error.code === "opted_out") return t("optedOut");
  const known = words || error.text || (error.code ? t("code", { code: error.code }) : t("noReason"));
  return error.wrong_number ? t("wrongNumber", { reason: known }) : known;
}
