from docs.writing import write

write()
