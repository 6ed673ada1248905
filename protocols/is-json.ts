/** Whether a text is JSON at all, whatever it says: what lay on a disk may be none any more. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
