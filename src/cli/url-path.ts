/** Reads the path of a request as names of files, and lets nothing through that could leave the folder. */

/** The path as decoded segments; `isFolder` when it ends with a slash. */
export interface UrlPath {
  readonly segments: readonly string[];
  readonly isFolder: boolean;
}

/**
 * The segments of a request target (RFC 9112, section 3.2: origin-form or absolute-form), or undefined if it is malformed
 * or names what is never served: parent folders, hidden files (`.well-known` excepted), names with a slash, backslash or
 * NUL inside. Empty and `.` segments fall away.
 */
export function readUrlPath(target: string): UrlPath | undefined {
  const [match, path = ''] = /^(?:https?:\/\/[^/?#]*|(?=\/))([^?#]*)/i.exec(target) ?? [];
  if (match === undefined) return undefined;
  const segments: string[] = [];
  for (const raw of path.split('/')) {
    const segment = decode(raw);
    if (segment === undefined || !isServable(segment)) return undefined;
    if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return { segments, isFolder: path === '' || path.endsWith('/') || path.endsWith('/.') };
}

/** The path written as a request target again; it always starts with exactly one slash. */
export function writeUrlPath(segments: readonly string[], isFolder: boolean): string {
  const path = segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
  return isFolder || path === '' ? `${path}/` : path;
}

function decode(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    // Malformed percent-encoding names no file.
    return undefined;
  }
}

function isServable(segment: string): boolean {
  if (/[/\\\0]/.test(segment)) return false;
  return !segment.startsWith('.') || segment === '.' || segment === '.well-known';
}
