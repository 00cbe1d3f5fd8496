// Small numbers for texts that repeat, for columns of numbers beside one list of texts.

/** Numbers of texts in the order in which they first appear. */
export class TextNumbers {
  readonly list: string[] = []
  readonly #numbers: Map<string, number> = new Map()

  number(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.list.push(text) - 1
      this.#numbers.set(text, number)
    }
    return number
  }
}
