// Where this UI is mounted. index.html has found it and put it into <base>; nothing else may guess it again.

/** `/` or `/prefix/`, always with a slash at the end. */
export function basePath(): string {
  return new URL(document.baseURI).pathname
}

/** Address of one of the server's routes; `path` has no slash in front: `api/services`. */
export function serverUrl(path: string): string {
  return basePath() + path
}
