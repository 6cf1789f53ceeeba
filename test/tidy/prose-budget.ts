/** The budget of prose.ts. Its numbers only go down. */

/** The number of findings in each area: the comments of a folder, the documents, and the names of tests. */
export const proseBudget = {
  packages: 0,
  apps: 0,
  bench: 0,
  examples: 0,
  scripts: 0,
  test: 0,
  documents: 0,
  'test names': 0,
} as const;
