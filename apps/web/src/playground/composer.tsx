import { ActionIcon, Button, Kbd, Text, Textarea, Tooltip } from '@mantine/core'
import { ImagePlus, Play, Square } from 'lucide-react'
import { type ClipboardEvent, type KeyboardEvent, memo, useRef, useState } from 'react'
import classes from './composer.module.css'
import { Examples } from './examples.tsx'
import { PictureList } from './picture-list.tsx'
import { filesOf, readPictures } from './pictures.ts'
import { playground } from './playground-store.ts'
import { useStored } from './stored.ts'
import { SystemPrompt } from './system-prompt.tsx'
import { useDroppedFiles } from './use-dropped-files.ts'

const modifier = /Mac|iP(?:hone|ad)/.test(navigator.userAgent) ? '⌘' : 'Ctrl'

/** What all columns are asked next; always in view. */
export const Composer = memo(function Composer({
  running,
  begun,
  ready,
}: {
  running: boolean
  begun: boolean
  ready: boolean
}) {
  const { prompt, pictures } = useStored(playground.draft)
  // Why files were not taken; of no interest once the images have changed.
  const [problem, setProblem] = useState<{ words: string; images: number } | null>(null)
  const [system, setSystem] = useState(false)
  const chooser = useRef<HTMLInputElement>(null)
  const empty = prompt.trim() === '' && pictures.length === 0

  const take = async (files: File[]) => {
    if (files.length === 0) return
    const read = await readPictures(files, playground.draft.value.pictures.length)
    const { value } = playground.draft
    playground.draft.set({ ...value, pictures: [...value.pictures, ...read.pictures] })
    setProblem(
      read.problem === null
        ? null
        : { words: read.problem, images: value.pictures.length + read.pictures.length },
    )
  }
  const over = useDroppedFiles(take)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (!running && !empty && ready) playground.run()
  }
  const onPaste = (event: ClipboardEvent) => {
    const files = filesOf(event.clipboardData)
    if (files.length === 0) return
    event.preventDefault()
    void take(files)
  }
  return (
    <form
      className={classes.frame}
      aria-label="Prompt for all columns"
      onSubmit={(event) => {
        event.preventDefault()
        playground.run()
      }}
    >
      <div className={classes.inner}>
        {!begun && prompt === '' && pictures.length === 0 && <Examples />}
        <div className={classes.box} data-over={over || undefined}>
          {system && <SystemPrompt />}
          <PictureList pictures={pictures} />
          <Textarea
            id="prompt"
            aria-label="Prompt"
            placeholder={begun ? 'Go on with the conversation' : 'Ask something'}
            variant="unstyled"
            classNames={{ input: classes.input }}
            autosize
            minRows={2}
            maxRows={7}
            value={prompt}
            onChange={({ currentTarget: { value } }) =>
              playground.draft.set({ ...playground.draft.value, prompt: value })
            }
            onKeyDown={onKeyDown}
            onPaste={onPaste}
            // What shows the answer is here before the answer is.
            onFocus={() => void import('./markdown.tsx')}
          />
          {problem?.images === pictures.length && (
            <Text size="sm" c="var(--mantine-color-error)" role="alert" px="0.9rem" pb={4}>
              {problem.words}
            </Text>
          )}
          <div className={classes.tools}>
            <input
              ref={chooser}
              type="file"
              accept="image/png,image/jpeg,image/webp,image/gif"
              multiple
              hidden
              aria-label="Images"
              onChange={({ currentTarget }) => {
                void take([...(currentTarget.files ?? [])])
                currentTarget.value = ''
              }}
            />
            <Tooltip label="Add images">
              <ActionIcon aria-label="Add images" onClick={() => chooser.current?.click()}>
                <ImagePlus size={17} />
              </ActionIcon>
            </Tooltip>
            <SystemToggle opened={system} onToggle={() => setSystem(!system)} />
            <span className={classes.hint}>
              <Kbd size="xs">{running ? 'Esc' : `${modifier} ↵`}</Kbd>
            </span>
            {running ? (
              <Button
                key="stop"
                variant="default"
                leftSection={<Square size={13} fill="currentColor" />}
                onClick={() => playground.stop()}
                aria-label="Stop all"
              >
                Stop
              </Button>
            ) : (
              <Button
                key="run"
                type="submit"
                leftSection={<Play size={14} fill="currentColor" />}
                disabled={empty || !ready}
              >
                Run
              </Button>
            )}
          </div>
        </div>
      </div>
    </form>
  )
})

function SystemToggle({ opened, onToggle }: { opened: boolean; onToggle: () => void }) {
  const { system } = useStored(playground.conversation)
  return (
    <Button
      variant="subtle"
      color={system === '' ? 'gray' : 'gate'}
      size="compact-sm"
      aria-expanded={opened}
      onClick={onToggle}
    >
      {system === '' ? 'System prompt' : 'System prompt set'}
    </Button>
  )
}
