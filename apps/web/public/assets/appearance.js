// Before the first paint, so that a dark page does not flash white. What is kept is the choice alone.
{
  let choice = null
  try {
    choice = localStorage.getItem('gatehouse.appearance')
  } catch {
    // Storage may be closed to us; then it is as the system has it.
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
}
