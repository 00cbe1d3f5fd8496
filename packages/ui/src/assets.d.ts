// What vite imports besides code.
declare module '*.css'
declare module '*.svg' {
  const url: string
  export default url
}
