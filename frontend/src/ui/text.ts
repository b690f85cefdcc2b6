/** The same keys with texts of another language: `const fr: Same<typeof en>` does not compile while one is missing. */
export type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> };
