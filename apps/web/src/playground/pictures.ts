import type { Picture } from './conversation.ts'

const most = 4
const largestBytes = 5_000_000
const kinds = ['image/png', 'image/jpeg', 'image/webp', 'image/gif']

/** Pictures among files, read; and why some were not taken. */
export async function readPictures(
  files: readonly File[],
  already: number,
): Promise<{ pictures: Picture[]; problem: string | null }> {
  const usable = files.filter(({ type, size }) => kinds.includes(type) && size <= largestBytes)
  const taken = usable.slice(0, Math.max(0, most - already))
  let problem: string | null = null
  if (taken.length < usable.length) problem = `A prompt holds at most ${most} images.`
  else if (usable.length < files.length)
    problem = files.some(({ type }) => !kinds.includes(type))
      ? 'Images are PNG, JPEG, WebP or GIF files.'
      : 'An image may be at most 5 MB.'
  const pictures = await Promise.all(
    taken.map(async (file) => ({
      id: crypto.randomUUID(),
      name: file.name || 'image',
      url: await dataUrl(file),
    })),
  )
  return { pictures, problem }
}

/** Files of a paste or a drop. */
export const filesOf = (data: DataTransfer | null): File[] => [...(data?.files ?? [])]

const dataUrl = (file: File) =>
  new Promise<string>((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
