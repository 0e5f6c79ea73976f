import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// Who may import whom: features know app's parts, api, ui, lib and i18n, and never each other.
const layers = (...deny) => ({
  'no-restricted-imports': ['error', { patterns: deny.map(([regex, message]) => ({ regex, message })) }],
});
const otherFeatures = [
  '^@/features/|^\\.\\./\\.\\./|^\\.\\./(?!\\.)[a-z]+/',
  'features do not import each other',
];

export default tseslint.config(
  { ignores: ['dist', 'screenshots', '**/*.gen.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [
      ...tseslint.configs.strict,
      ...tseslint.configs.stylistic,
      reactHooks.configs.flat['recommended-latest'],
      jsxA11y.flatConfigs.recommended,
    ],
    languageOptions: { globals: globals.browser },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      'jsx-a11y/no-autofocus': 'off', // a page for one short form may place the cursor in its first field
      'jsx-a11y/no-noninteractive-tabindex': ['error', { tags: [], roles: ['tabpanel', 'group'] }], // what scrolls
      'no-console': 'error',
      'max-lines': ['error', { max: 250 }], // past that a second idea is hiding
    },
  },
  { files: ['src/features/**'], rules: layers(otherFeatures) },
  { files: ['src/{ui,lib,api,i18n}/**'], rules: layers(['^@/(features|app)/', 'shared parts know no page']) },
  {
    files: ['**/*.test.{ts,tsx}', 'src/test/**'],
    rules: { 'max-lines': 'off', 'no-restricted-imports': 'off' },
  },
  {
    files: ['scripts/**', 'e2e/**', '*.config.*', 'vite/**'],
    languageOptions: { globals: { ...globals.node, document: 'readonly', window: 'readonly' } },
    rules: { 'no-console': 'off' },
  },
  { files: ['public/**'], languageOptions: { globals: globals.browser, sourceType: 'script' } },
);
