/** Builds what is stale; gives the names of the steps that ran. @throws Error with the output of the step that failed */
export function build(options?: { quiet?: boolean; upTo?: string; only?: string }): Promise<string[]>
/** Calls what a module exports, in a process of its own. @throws Error with what that printed */
export function apart(module: string, name: string, ...args: string[]): Promise<void>
/** The output of a failed build without the stacks of the compiler's machine code. */
export function withoutTraces(text: string): string
