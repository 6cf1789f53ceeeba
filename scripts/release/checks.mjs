// Checks tarballs with the tools of the field: publint, and "are the types wrong".
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** Returns what publint says about a tarball. */
export async function findLint({ name, tarball }) {
  const data = readFileSync(tarball);
  const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
  return messages.map((message) => `${name}: publint: ${formatMessage(message, pkg, { color: false })}`);
}

/** Returns the entries whose types differ from their code for some way of resolving them. */
export async function findWrongTypes({ name, tarball, manifest }) {
  if (Object.keys(manifest.exports).length === 1) return [];
  const { problems } = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
  return problems.map(
    ({ kind, entrypoint = '', resolutionKind = '' }) => `${name}: types: ${kind} ${entrypoint} ${resolutionKind}`,
  );
}
