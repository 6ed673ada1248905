import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from './life.ts'

/**
 * A disk whose power can be taken: ext4 in a file behind a loop device. The file system is told to go down without writing
 * its journal (`FS_IOC_SHUTDOWN`, no log flush), so whatever was not synced is gone, as on a real cut.
 */
export type PowerDisk = {
  readonly path: string
  /** The power goes. Nothing reaches the disk any more; who has files open must be ended before `restore`. */
  cut(): void
  /** The power is back: the journal is replayed. */
  restore(): Promise<void>
  /** Everything on it away, as a new disk. */
  renew(): Promise<void>
  remove(): Promise<void>
}

const FS_IOC_SHUTDOWN = 0x8004587d
const NO_LOG_FLUSH = 2
const MEBIBYTES = 128
/** A file system is busy until the last process that had a file open is gone. */
const UNMOUNT_TRIES = 100

/** In words what this machine lacks; null when it can take the power from a disk. */
export function whyNoPowerCut(dir: string): string | null {
  if (process.getuid?.() !== 0) return 'mounting a disk needs root'
  try {
    const disk = powerDisk(join(dir, 'trial'), 16)
    disk.cut()
    execFileSync('umount', [disk.path])
    rmSync(join(dir, 'trial'), { recursive: true, force: true })
    return null
  } catch (error) {
    return String(error).split('\n')[0]!
  }
}

export function powerDisk(dir: string, mebibytes = MEBIBYTES): PowerDisk {
  mkdirSync(dir, { recursive: true })
  const [image, path] = [join(dir, 'disk'), join(dir, 'mnt')]
  const make = (): void => {
    writeFileSync(image, '')
    truncateSync(image, mebibytes * 1024 * 1024)
    run('mkfs.ext4', ['-q', '-F', image])
    mkdirSync(path, { recursive: true })
    run('mount', ['-o', 'loop', image, path])
  }
  make()
  return {
    path,
    cut: () =>
      // Node has no ioctl; Perl is on every Debian.
      run('perl', [
        '-e',
        'open(my $d, "<", $ARGV[0]) or die "open: $!"; my $how = pack("L", $ARGV[2]); ioctl($d, $ARGV[1], $how) or die "ioctl: $!"',
        ...[path, String(FS_IOC_SHUTDOWN), String(NO_LOG_FLUSH)],
      ]),
    restore: async () => {
      await unmount(path)
      run('mount', ['-o', 'loop', image, path])
    },
    renew: async () => {
      await unmount(path)
      make()
    },
    remove: async () => {
      await unmount(path)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function unmount(path: string): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      run('umount', [path])
      return
    } catch (error) {
      if (tries === UNMOUNT_TRIES) throw error
      await sleep(50)
    }
}

const run = (program: string, args: readonly string[]): void =>
  void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
