import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

/**
 * The street of the front end: `ui, api, realtime -> features -> app`, never sideways.
 * Every import that leaves its folder is written with "@/", so that these patterns see all of them.
 */
const street = (files, forbidden, message) => ({
  files,
  ignores: ["**/*.test.ts", "**/*.test.tsx"],
  rules: {
    "no-restricted-imports": ["error", { patterns: [{ group: [...forbidden, "../**"], message }] }],
  },
});

/** Texts of strangers stay texts. The content policy would stop most of this; here it is stopped while it is written. */
const NO_MARKUP = "Text of others would become markup: let React draw it.";
const texts = [
  { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML'], Property[key.name='dangerouslySetInnerHTML']", message: NO_MARKUP },
  { selector: "AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]", message: NO_MARKUP },
  { selector: "CallExpression[callee.property.name=/^(insertAdjacentHTML|setHTMLUnsafe|parseFromString|createContextualFragment)$/]", message: NO_MARKUP },
  { selector: "CallExpression[callee.object.name='document'][callee.property.name=/^write(ln)?$/]", message: NO_MARKUP },
  {
    selector: "JSXOpeningElement:has(JSXAttribute[name.name='target']):not(:has(JSXAttribute[name.name='rel'] Literal[value=/noopener.*noreferrer|noreferrer.*noopener/]))",
    message: "A page that opens apart must not hold ours: rel=\"noopener noreferrer\".",
  },
];

export default tseslint.config(
  { ignores: ["dist", "node_modules", "**/*.gen.ts"] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    languageOptions: { globals: globals.browser },
    plugins: { "react-hooks": hooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "max-lines": ["error", 400],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "no-restricted-syntax": ["error", ...texts],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  { files: ["public/sw.js"], languageOptions: { globals: globals.serviceworker } },
  { files: ["scripts/**", "*.config.*"], languageOptions: { globals: globals.node } },
  street(
    ["src/ui/**"],
    ["@/features/**", "@/app/**", "@/testing/**", "@/api/**", "@/realtime/**"],
    "ui knows no word of our domain: pass what it needs as a property.",
  ),
  street(
    ["src/api/**"],
    ["@/features/**", "@/app/**", "@/testing/**", "@/ui/**", "@/realtime/**"],
    "api speaks to the server and knows no screen: move the caller up.",
  ),
  street(
    ["src/realtime/**"],
    ["@/features/**", "@/app/**", "@/testing/**", "@/ui/**"],
    "realtime delivers events and knows nobody who reads them: app/serverEvents.ts connects the two.",
  ),
  street(
    ["src/features/**"],
    ["@/features/**", "@/app/**", "@/testing/**"],
    "A feature does not import another feature or the app: join them in app/, share through api/ or ui/.",
  ),
);
