/** What is wrong with deploy/, docker-compose.yml, Taskfile.yml and the Dockerfiles, a line each, and what could not be asked. */
export function checkDeploy(options?: {
  /** The folder that holds them; the repository unless given. */
  root?: string
  /** False: no other program is asked. */
  programs?: boolean
}): Promise<{ problems: string[]; skipped: string[] }>
