// Goes on once every service that was told in a frame has answered, or after five seconds: none holds the person up.
const onward = document.getElementById('logout-continue')
let gone = false
const go = () => {
  if (gone) return
  gone = true
  location.replace(onward.href)
}
if (document.readyState === 'complete') go()
else addEventListener('load', go)
setTimeout(go, 5000)
