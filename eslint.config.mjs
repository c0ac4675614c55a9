import tseslint from "typescript-eslint";

/** What no source may write, tests included. */
const RESTRICTED_SYNTAX = [
  {
    selector: "TSAsExpression > TSAsExpression",
    message: "A double assertion switches the types off: parse the value instead.",
  },
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: "The environment is read in scripts/lib/environment.ts.",
  },
];

export default tseslint.config(
  {
    ignores: [
      "artifacts/**",
      "artifacts-coverage/**",
      "cache/**",
      "cache-coverage/**",
      "cache-forge/**",
      "coverage/**",
      "out/**",
      "typechain-types/**",
    ],
  },
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
  },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      // Numbers and bigints print as everybody expects.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "no-console": "off",
      "no-restricted-syntax": ["error", ...RESTRICTED_SYNTAX],
    },
  },
  {
    files: ["scripts/lib/environment.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
  {
    files: ["hardhat.config.ts", "scripts/lib/foundry.ts", "scripts/lib/solc.ts", "scripts/tasks/*.ts"],
    // Hardhat loads its configuration as CommonJS; these resolve a file, or load a module only when it is needed.
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // `expect(x).to.be.true` of chai is an expression.
      "@typescript-eslint/no-unused-expressions": "off",
      "no-restricted-properties": [
        "error",
        ...["describe", "context", "it", "test", "specify"].flatMap((object) => [
          { object, property: "only", message: "The other tests would not run." },
          { object, property: "skip", message: "A test that is not run proves nothing." },
        ]),
      ],
      "no-restricted-syntax": [
        "error",
        ...RESTRICTED_SYNTAX,
        {
          selector: "CallExpression[callee.object.type='ThisExpression'][callee.property.name='skip']",
          message: "A test that is not run proves nothing.",
        },
      ],
      "no-restricted-globals": ["error", "xit", "xdescribe", "xcontext", "xspecify"],
    },
  },
);
