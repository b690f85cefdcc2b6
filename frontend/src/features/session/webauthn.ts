/** The browser's passkeys, as JSON on the wire: binary fields travel in base64url. */

type Json = Record<string, unknown>;

const toBytes = (text: string): ArrayBuffer => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0)).buffer;
};
const toText = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** Without what is null: the browser takes a null for 0, or for the word. */
const bare = (given: Json): Json =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === null ? [] : [[name, typeof value === "object" && !Array.isArray(value) ? bare(value as Json) : value]],
    ),
  );

/** Passkeys need https, or this machine by its name. */
export const canPasskey = (): boolean => window.isSecureContext && "credentials" in navigator && "PublicKeyCredential" in window;

interface Described {
  id: string;
  type: PublicKeyCredentialType;
  transports?: AuthenticatorTransport[];
}
const known = (list: unknown) => ((list as Described[] | undefined) ?? []).map((one) => ({ ...one, id: toBytes(one.id) }));

/** Rejects (NotAllowedError) when whoever is there says no, or lets it be. */
export async function makePasskey(options: Json): Promise<Json> {
  const given = bare(options.publicKey as Json);
  const user = given.user as Json;
  const made = (await navigator.credentials.create({
    publicKey: {
      ...(given as unknown as PublicKeyCredentialCreationOptions),
      challenge: toBytes(given.challenge as string),
      user: { ...(user as unknown as PublicKeyCredentialUserEntity), id: toBytes(user.id as string) },
      excludeCredentials: known(given.excludeCredentials),
    },
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return described(made, { attestationObject: toText(response.attestationObject) });
}

export async function showPasskey(options: Json): Promise<Json> {
  const given = bare(options.publicKey as Json);
  const shown = (await navigator.credentials.get({
    publicKey: {
      ...(given as unknown as PublicKeyCredentialRequestOptions),
      challenge: toBytes(given.challenge as string),
      allowCredentials: known(given.allowCredentials),
    },
  })) as PublicKeyCredential;
  const response = shown.response as AuthenticatorAssertionResponse;
  return described(shown, {
    authenticatorData: toText(response.authenticatorData),
    signature: toText(response.signature),
    userHandle: response.userHandle ? toText(response.userHandle) : null,
  });
}

function described(one: PublicKeyCredential, response: Json): Json {
  return {
    id: one.id,
    rawId: toText(one.rawId),
    type: one.type,
    clientExtensionResults: {},
    response: { clientDataJSON: toText(one.response.clientDataJSON), ...response },
  };
}
