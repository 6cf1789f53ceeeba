/** Runs a rule on files that a test makes up. */
import { type Finding, parse, type Rule, type Source } from './source.js';

/** Parses files, given as their texts by path. */
export const project = (files: Record<string, string>): Map<string, Source> =>
  new Map(Object.entries(files).map(([path, text]) => [path, parse(path, text)]));

/** Returns the findings of a rule in some files. */
export const run = (rule: Rule, files: Record<string, string>): Finding[] => {
  const all = project(files);
  return [...all.values()].flatMap((source) => rule(source, all));
};

/** Returns the findings of a rule in one file. */
export const one = (rule: Rule, text: string, path = 'packages/naru/src/base/x.ts'): Finding[] =>
  run(rule, { [path]: text });
