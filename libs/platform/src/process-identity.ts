import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who holds something, told so that another process can find out whether it still lives. */
export interface ProcessIdentity {
  pid: number
  /** When the process began, in the words of this system; null where the system does not tell. */
  started: string | null
  host: string
  /** Where `pid` has its meaning: this boot of the kernel and this container. */
  space: string
}

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid), host: hostname(), space: processSpace() }
}

/** Whether a process lives. `unknown`: its pid means nothing here, or now belongs to one that cannot be told apart. */
export function lifeOf(other: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (other.host !== hostname() || other.space !== processSpace()) return 'unknown'
  if (!exists(other.pid)) return 'dead'
  const started = startOf(other.pid)
  if (started === null || other.started === null) return other.pid === process.pid ? 'dead' : 'unknown'
  // After a restart of a container the same number belongs to another process, often to this one.
  return started === other.started ? 'alive' : 'dead'
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && Reflect.get(error, 'code') === 'EPERM'
  }
}

function startOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      // Field 22 of proc_pid_stat(5); the second field is a name in brackets that may hold anything.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
    }
    if (process.platform === 'win32') return null
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 2_000 }).trim() ||
      null
    )
  } catch {
    return null
  }
}

function processSpace(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return process.platform
  }
}
