import type { KeptMessage } from '@gatehouse/contracts'
import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import classes from './call-exchange.module.css'

/** Beyond this a text is folded. */
const longCharacters = 2400
const longLines = 24

/** A message: its texts, and its images where they are here. */
export function KeptContent({ content }: { content: KeptMessage['content'] }) {
  if (typeof content === 'string') return <KeptText text={content} />
  return content.map((part, index) =>
    part.type === 'text' ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts have no name, and stay in their order
      <KeptText key={index} text={part.text} />
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the same
      <KeptImage key={index} url={part.image_url.url} />
    ),
  )
}

/** Text as it is; a long one is folded. */
export function KeptText({ text }: { text: string }) {
  const isLong = text.length > longCharacters || text.split('\n', longLines + 1).length > longLines
  const [folded, setFolded] = useState(isLong)
  return (
    <>
      <p className={classes.text} data-folded={folded || undefined}>
        {text}
      </p>
      {isLong && (
        <Button
          variant="subtle"
          size="compact-sm"
          mt={4}
          ml={-8}
          aria-expanded={!folded}
          onClick={() => setFolded(!folded)}
        >
          {folded ? 'Show all' : 'Show less'}
        </Button>
      )}
    </>
  )
}

/** An image that came with the call; one that lies elsewhere is named, since to fetch it would tell that somebody looks. */
function KeptImage({ url }: { url: string }) {
  if (/^data:image\/(png|jpeg|gif|webp);base64,/.test(url))
    return <img src={url} alt="Sent with this message" className={classes.image} />
  return (
    <Text size="sm" c="dimmed" mt={4}>
      Image at {url.length > 200 ? `${url.slice(0, 200)}…` : url}
    </Text>
  )
}
