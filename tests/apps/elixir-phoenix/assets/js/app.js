console.log("kite")
