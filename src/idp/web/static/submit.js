// Sends the one form of an auto-post page; without scripts the person presses its button. A field may be called "submit".
HTMLFormElement.prototype.submit.call(document.forms[0])
