/** Reads the path of a request as names of files, and lets nothing through that could leave the folder. */

/**
 * The segments of a request target (RFC 9112, section 3.2: origin-form or absolute-form), or undefined if it is malformed
 * or names what is never served: parent folders, hidden files (`.well-known` excepted), names with a slash, backslash or
 * NUL inside. Empty and `.` segments fall away. `isFolder`: the path ends with a slash.
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
    // Malformed percent-encoding names no file.
    return undefined;
  }
}

/** The path of a folder written as a request target again: it starts and ends with one slash. */
export function writeFolderPath(segments: readonly string[]): string {
  return `${segments.map((segment) => `/${encodeURIComponent(segment)}`).join('')}/`;
}

function isServable(segment: string): boolean {
  if (/[/\\\0]/.test(segment)) return false;
  return !segment.startsWith('.') || segment === '.' || segment === '.well-known';
}
