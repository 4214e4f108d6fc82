import { Drawer, SegmentedControl, Stack, Text } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { boot } from '../boot.ts'
import { CodeBlock } from '../ui/code-block.tsx'
import { chatBody } from './chat-body.ts'
import { playground } from './playground-store.ts'
import { type CodeLanguage, codeLanguages, runCode, withShortPictures } from './run-code.ts'
import { useStored } from './stored.ts'

/** The program that does what a column does: its last run, or the one to come. */
export function CodeDrawer({ column: id, onClose }: { column: string; onClose: () => void }) {
  const conversation = useStored(playground.conversation)
  const draft = useStored(playground.draft)
  const [language, setLanguage] = useLocalStorage<CodeLanguage>({
    key: 'gatehouse.code-language',
    defaultValue: 'curl',
    getInitialValueInEffect: false,
  })
  const column = conversation.columns.find((one) => one.id === id)
  if (!column) return null
  const last = conversation.turns.at(-1)
  const turn = last ?? { id: 'next', ...draft }
  const code = runCode(language, `${boot.server.public_url}/v1`, chatBody(conversation, column, turn))
  const shown = withShortPictures(code)
  return (
    <Drawer
      opened
      onClose={onClose}
      size="44rem"
      title="The code of this run"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {last
            ? 'Does what the last prompt of this column did, with its model and parameters as they are set now.'
            : 'Does what Run would do in this column now.'}{' '}
          The key is read from OPENAI_API_KEY; make one on the page Keys.
        </Text>
        <SegmentedControl
          aria-label="Language"
          value={language}
          onChange={(value) => setLanguage(value as CodeLanguage)}
          data={codeLanguages.map(({ id: value, name: label }) => ({ value, label }))}
        />
        <CodeBlock
          code={shown}
          copied={code}
          label={codeLanguages.find((one) => one.id === language)?.name ?? ''}
        />
        {shown !== code && (
          <Text size="xs" c="dimmed">
            Images are shortened on the screen and whole in what is copied.
          </Text>
        )}
      </Stack>
    </Drawer>
  )
}
