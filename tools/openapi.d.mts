/** What is wrong with an OpenAPI document, a line each. */
export function openApiProblems(document: object): Promise<string[]>
