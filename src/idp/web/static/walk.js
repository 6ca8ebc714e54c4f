// Goes to the service by itself, and past it after ten seconds in which it has said nothing: none holds the person up.
const go = document.getElementById('signing-out-go')
const past = document.getElementById('signing-out-skip')
const send = (form) => HTMLFormElement.prototype.submit.call(form)
// behind the load, so that the way back from the service leads here
addEventListener('load', () => setTimeout(() => (go.form ? send(go.form) : location.assign(go.href))))
setTimeout(() => send(past), 10000)
