// Sends the one form of an auto-post page. Without scripts the person presses its button.
document.forms[0].submit()
