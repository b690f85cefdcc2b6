/**
 * French sets a space before : ; ? ! » and after «, and a line must not break there: that space is a narrow one that holds
 * (U+202F). Texts are written with plain spaces, which a keyboard has; this is where they become what is printed.
 */
export const typeset = (text: string): string => text.replace(/[ \u00a0]+(?=[:;?!»])/g, "\u202f").replace(/«[ \u00a0]+/g, "«\u202f");
