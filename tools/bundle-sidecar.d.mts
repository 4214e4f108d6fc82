/** Writes the sidecar as one file, `main.js`, into a folder. */
export function bundleSidecar(folder: string): Promise<void>
