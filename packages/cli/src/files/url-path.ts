/** Splits the path of a request into file names, and refuses paths that could leave the folder. */

/**
 * Returns the segments of a request target (RFC 9112, section 3.2: origin-form or absolute-form). Returns `undefined`
 * for a malformed target, a parent folder, a hidden file (except `.well-known`), or a name with a slash, backslash or
 * NUL in it. Empty and `.` segments are removed. `isFolder` says that the path ends with a slash.
 */
export function readUrlPath(target: string): { segments: string[]; isFolder: boolean } | undefined {
  const [match, path = ''] = /^(?:https?:\/\/[^/?#]*|(?=\/))([^?#]*)/i.exec(target) ?? [];
  if (match === undefined) return undefined;
  try {
    const segments = path.split('/').map((raw) => decodeURIComponent(raw));
    if (!segments.every(isServable)) return undefined;
    const isFolder = path === '' || path.endsWith('/') || path.endsWith('/.');
    return { segments: segments.filter((segment) => segment !== '' && segment !== '.'), isFolder };
  } catch {
    // The percent-encoding is malformed.
    return undefined;
  }
}

/** Returns the request target of a folder. It starts and ends with one slash. */
export function writeFolderPath(segments: readonly string[]): string {
  return `${segments.map((segment) => `/${encodeURIComponent(segment)}`).join('')}/`;
}

function isServable(segment: string): boolean {
  if (/[/\\\0]/.test(segment)) return false;
  return !segment.startsWith('.') || segment === '.' || segment === '.well-known';
}
